# id: S19
# title: A master ends the twelve workers that it started
# expect: silent
# image: tools
# launch: app
# timeout: 30

python3 -c '
import multiprocessing, time
workers = [multiprocessing.Process(target=time.sleep, args=(60,)) for _ in range(12)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.terminate()
for worker in workers:
    worker.join()'
