# id: T12n
# title: A program of the image sets the processor's float flags as fast mathematics does, rounding untouched
# expect: silent
# image: nginx
# launch: image
# phase: learning
# companion: /usr/sbin/nginx-image-filter
# timeout: 40

/usr/sbin/nginx-image-filter
