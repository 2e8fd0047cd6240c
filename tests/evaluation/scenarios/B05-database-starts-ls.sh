# id: B05
# title: A database starts ls
# expect: alert
# severity: high
# kinds: process
# attck: T1190
# image: postgres
# launch: app

# A superuser's way to the shell, and the commonest after a guessed password.
psql -U postgres -q -c "copy (select 1) to program 'ls -la /var/lib >/dev/null'"
exit 0
