# id: E07
# title: A start-up file of Python is left, and the next Python runs it
# expect: alert
# severity: high
# kinds: file, process
# attck: T1546.018
# image: python
# launch: app

folder=$(python3 -c 'import site; print(site.getsitepackages()[0])')
mkdir -p "$folder"
echo 'import os; os.system("id >/tmp/.out")' >"$folder/zz-update.pth"
python3 -c 'pass'
