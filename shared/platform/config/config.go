// Package config owns reading a program's settings from its environment: the only place
// that looks at environment variables. It reads everything a program needs in one go and
// reports all that is missing or malformed at once. It does not resolve secrets (the
// secrets adapter does) nor know any program's settings.
//
// Flow: r := config.FromEnvironment(); table := r.Required("TABLE"); …; if err := r.Err().
package config

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Reader reads settings and collects what is wrong with them.
type Reader struct {
	lookup   func(string) (string, bool)
	problems []string
}

// FromEnvironment reads the process's environment.
func FromEnvironment() *Reader { return New(os.LookupEnv) }

// New reads from lookup, which reports whether a name is set.
func New(lookup func(string) (string, bool)) *Reader { return &Reader{lookup: lookup} }

// Required gives the value of name, which must be set and not empty.
func (r *Reader) Required(name string) string {
	v, _ := r.lookup(name)
	if v == "" {
		r.problems = append(r.problems, name+" is not set")
	}
	return v
}

// Optional gives the value of name, or fallback when it is not set or empty.
func (r *Reader) Optional(name, fallback string) string {
	if v, _ := r.lookup(name); v != "" {
		return v
	}
	return fallback
}

// Duration gives the value of name as a Go duration such as "90s", or fallback.
func (r *Reader) Duration(name string, fallback time.Duration) time.Duration {
	v, _ := r.lookup(name)
	if v == "" {
		return fallback
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		r.problems = append(r.problems, name+" is not a duration such as 90s")
	}
	return d
}

// Int gives the value of name as a whole number, or fallback.
func (r *Reader) Int(name string, fallback int) int {
	v, _ := r.lookup(name)
	if v == "" {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		r.problems = append(r.problems, name+" is not a whole number")
	}
	return n
}

// List gives the comma-separated values of name without blanks; nil when not set.
func (r *Reader) List(name string) []string {
	v, _ := r.lookup(name)
	var out []string
	for _, s := range strings.Split(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Err reports everything that was wrong, or nil. It names settings, never their values.
func (r *Reader) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return fmt.Errorf("configuration: %s", strings.Join(r.problems, "; "))
}
