#include <stdio.h>
int order(int count);
int main(void) { printf("%d\n", order(7)); return 0; }
