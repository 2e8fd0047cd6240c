# id: A16
# title: A program of the image uses both processors at their full
# expect: silent
# image: tools
# launch: app
# timeout: 60

timeout 40 openssl speed -seconds 4 -multi 2 sha256 >/dev/null 2>&1
exit 0
