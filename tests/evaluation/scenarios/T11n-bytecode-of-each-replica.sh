# id: T11n
# title: Each replica writes bytecode of its own, which differs by its time
# expect: silent
# image: python
# launch: image
# phase: learning
# replicas: 3
# timeout: 40

mkdir -p /opt/app/plugins
echo "NAME = '$(uname -n)'" >/opt/app/plugins/place.py
cd /opt/app/plugins && python3 -c 'import place; assert place.NAME'
