package form

import (
	"errors"
	"time"
)

var errNoTime = errors.New("it is no time of a day")

// checkTime takes times of a day with an offset from UTC, which is what the validators of
// frontends want (RFC 3339), and those without one, which is what Backstage's backend wants.
func checkTime(text string) error {
	for _, layout := range []string{"15:04:05Z07:00", time.TimeOnly} {
		if _, err := time.Parse(layout, text); err == nil {
			return nil
		}
	}
	return errNoTime
}

// checkPattern takes regular expressions, those of JavaScript among them.
func checkPattern(source string) error {
	_, err := newPattern(source)
	return err
}
