# id: G04
# title: A deployment that writes a hundred thousand names while it is learnt
# expect: silent
# image: python
# launch: image
# phase: learning
# timeout: 60

timeout 50 python3 -c '
import os, secrets, subprocess
os.makedirs("/var/lib/app/spool", exist_ok=True)
for number in range(100000):
    path = f"/var/lib/app/spool/{secrets.token_hex(8)}.job"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)
    if number % 200 == 0:
        subprocess.run(["/bin/true", path])'
exit 0
