package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// Linux's clocks of CPU time (clock_gettime(2)).
const (
	processClock = 2 // CLOCK_PROCESS_CPUTIME_ID: all threads, with the garbage collector's
	threadClock  = 3 // CLOCK_THREAD_CPUTIME_ID
)

// cpuTime reads a clock of CPU time, to the nanosecond; getrusage counts in ticks.
func cpuTime(clock uintptr) time.Duration {
	var ts syscall.Timespec
	if _, _, e := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0); e != 0 {
		panic(fmt.Sprintf("reading the CPU's clock %d: %v", clock, e)) // there is no Linux without it
	}
	return time.Duration(ts.Nano())
}

// residentMiB gives the process's memory: VmRSS now or VmHWM at its highest.
func residentMiB(which string) (float64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, found := strings.CutPrefix(line, which+":"); found {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("the kernel does not tell %s", which)
}
