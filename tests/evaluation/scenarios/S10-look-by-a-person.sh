# id: S10
# title: Somebody looks at settings and files by kubectl exec
# expect: silent
# image: nginx
# launch: exec

ls -la /etc/nginx
cat /etc/nginx/nginx.conf
env
id
df -h
head -n 5 /etc/nginx/mime.types
