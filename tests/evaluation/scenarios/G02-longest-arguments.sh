# id: G02
# title: A dropped program at the end of the longest path, with megabytes of arguments
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: python
# launch: app

python3 -c '
import os, shutil
os.chdir("/var/tmp")
for level in range(15):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
shutil.copy("/bin/true", "t" * 200)
os.execve("./" + "t" * 200, ["t"] + ["a" * 120000] * 12, {"FILL": "e" * 32000})'
