//go:build !linux

package main

import (
	"errors"
	"syscall"
	"time"
)

// Elsewhere the CPU time is the process's, and coarse; limits are held against Linux.
const (
	processClock = iota
	threadClock
)

func cpuTime(int) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // can't fail for the process itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func residentMiB(string) (float64, error) {
	return 0, errors.New("resident memory is measured on Linux only")
}
