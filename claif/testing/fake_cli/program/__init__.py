"""The program that a fake CLI is: standard library only, packed into one executable file by `..executable`."""
