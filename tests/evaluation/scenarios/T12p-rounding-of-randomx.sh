# id: T12p
# title: A program of the image changes its rounding as RandomX does
# expect: alert
# severity: critical
# kinds: resource, process, privilege
# attck: T1496.001
# image: nginx
# launch: image
# phase: learning
# companion: /usr/sbin/nginx-geo
# timeout: 50
# within: 30

/usr/sbin/nginx-geo
