# id: T03n
# title: Memory files hold data, and a program of the image is executed by its descriptor
# expect: silent
# image: tools
# launch: app

python3 -c '
import fcntl, mmap, os
fd = os.memfd_create("cache", os.MFD_ALLOW_SEALING)
os.write(fd, b"rows " * 4096)
fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
assert mmap.mmap(fd, 4096, prot=mmap.PROT_READ)[:4] == b"rows"
os.execve(os.open("/usr/bin/true", os.O_RDONLY), ["true"], {})'
