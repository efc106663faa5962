package postgrestest

import "syscall"

// endWithUs lets the system end a program with the one that started it, however that ends.
func endWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGINT }
