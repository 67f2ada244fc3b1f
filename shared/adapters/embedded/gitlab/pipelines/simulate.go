package pipelines

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// SimulatedNotice is the first line of every job's log.
const SimulatedNotice = "This is a simulated run in Slipway's embedded GitLab: no command was executed."

var (
	exitLine  = regexp.MustCompile(`^exit ([0-9]{1,3})$`)
	delayPart = regexp.MustCompile(`([0-9]+)\s*([a-z]+)`)
)

// simulate gives a job's log and exit code. Only two lines mean something: exactly "false"
// and "exit N" end the script with that code.
func simulate(pl state.Pipeline, d gitlabci.Job) (log string, code int) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nJob %q of stage %q, pipeline %d, %s at %s\n", SimulatedNotice, d.Name, d.Stage, pl.ID, pl.Ref, pl.SHA[:8])
	if d.Image != "" {
		fmt.Fprintf(&b, "Image: %s (not pulled)\n", d.Image)
	}
	if d.Bridge {
		b.WriteString("A trigger job: no downstream pipeline is started here.\n")
	}
	script := append(append([]string{}, d.BeforeScript...), d.Script...)
	code, ended := 0, false
	for _, line := range script {
		fmt.Fprintf(&b, "$ %s\n", line)
		if code, ended = outcome(line); ended {
			break
		}
	}
	for _, line := range d.AfterScript {
		fmt.Fprintf(&b, "$ %s\n", line)
	}
	if code == 0 {
		b.WriteString("Job succeeded (simulated)\n")
	} else {
		fmt.Fprintf(&b, "ERROR: Job failed: exit code %d (simulated)\n", code)
	}
	return b.String(), code
}

// outcome gives the exit code of a line that ends the script.
func outcome(line string) (code int, ended bool) {
	line = strings.TrimSpace(line)
	if line == "false" {
		return 1, true
	}
	m := exitLine.FindStringSubmatch(line)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n & 0xff, err == nil
}

// watchDelayed waits for jobs with start_in and makes them pending when their time comes.
func (s *Service) watchDelayed(ctx context.Context, running *sync.WaitGroup) error {
	return s.cfg.State.View(func(tx *state.Tx) error {
		return s.eachActiveScheduled(tx, func(c claim, wait time.Duration) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.asleep[c.job] {
				return
			}
			s.asleep[c.job] = true
			running.Go(func() { s.delayed(ctx, c, wait) })
		})
	})
}

func (s *Service) eachActiveScheduled(tx *state.Tx, fn func(claim, time.Duration)) error {
	keys, err := state.Active.All(tx, "")
	if err != nil {
		return err
	}
	for _, k := range keys {
		ch, err := s.load(tx, k.ProjectID, k.PipelineID)
		if err != nil {
			continue // removed by claim, in a transaction that may write
		}
		for _, j := range ch.current() {
			if j.Status == gitlabci.Scheduled && j.QueuedAt != nil {
				due := j.QueuedAt.Add(Delay(ch.definition(j.Name).StartIn))
				fn(claim{ch.project.ID, ch.pl.ID, j.ID}, due.Sub(ch.now))
			}
		}
	}
	return nil
}

func (s *Service) delayed(ctx context.Context, c claim, wait time.Duration) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.asleep, c.job)
	}()
	if s.cfg.Clock.Sleep(ctx, wait) != nil {
		return
	}
	_, err := s.edit(c.project, c.pipeline, func(ch *change) error {
		if j := ch.job(c.job); j != nil && j.Status == gitlabci.Scheduled {
			j.Status = gitlabci.Pending
		}
		return nil
	})
	if err != nil {
		s.cfg.Logger.InfoContext(ctx, "a delayed job could not be started", "job", c.job, "error", err)
	}
}

// maxDelay is the longest start_in that GitLab takes.
const maxDelay = 7 * 24 * time.Hour

// Delay reads GitLab's way to write a duration: "30 minutes", "1 day 2 hours", "90"
// (seconds). What is longer than a week counts as a week.
func Delay(text string) time.Duration {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': maxDelay}
	text = strings.ToLower(strings.TrimSpace(text))
	if _, err := strconv.ParseUint(text, 10, 32); err == nil {
		text += " seconds"
	}
	var total time.Duration
	for _, m := range delayPart.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		unit := units[m[2][0]]
		switch {
		case unit == 0:
			continue
		case err != nil || n > int(maxDelay/unit):
			return maxDelay
		}
		total = min(total+time.Duration(n)*unit, maxDelay)
	}
	return total
}
