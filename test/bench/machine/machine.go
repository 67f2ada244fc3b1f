// Package machine owns saying where a benchmark was measured.
package machine

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Describe names the machine, how busy it was before, and the revision of the sources.
func Describe() string {
	return fmt.Sprintf("%s/%s, %d cores%s, %s%s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load(), runtime.Version(), revision())
}

// load says how busy the machine was before: beside others a core does half as much in the
// same CPU time.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return " with a load of " + strings.Fields(string(text))[0]
}

func revision() string {
	text, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return ""
	}
	return ", commit " + strings.TrimSpace(string(text))
}
