# id: S30
# title: Somebody asks a message broker how it does
# expect: silent
# image: rabbitmq
# launch: exec
# timeout: 60

rabbitmqctl status >/dev/null
rabbitmqctl list_queues >/dev/null
exit 0
