package aws

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// lostAnswers creates applications while GitLab falters. The retries are the state
// machine's, each in another invocation.
func lostAnswers(t *testing.T, s *stack) {
	for i, c := range []struct {
		name  string
		match func(*http.Request) bool
		fault faults.Fault
	}{
		{"the repository's answer is lost", faults.On(http.MethodPost, "/projects"), faults.AnswerLost()},
		{"the commit is throttled", faults.On(http.MethodPost, "/repository/commits"), faults.Throttled(time.Now(), time.Second)},
		{"the pipeline starts and a gateway says otherwise", faults.On(http.MethodPost, "/pipeline"), faults.EffectThen(http.StatusBadGateway)},
	} {
		t.Run(c.name, func(t *testing.T) {
			name, hits := fmt.Sprint("faulty-", i), len(s.faults.Hits())
			s.faults.Set(faults.Once(c.match, c.fault))
			defer s.faults.Set(nil)
			o := s.create(t, request(demo.Template, map[string]any{"name": name}), name)
			if o.Status != operations.Succeeded {
				t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
			}
			if len(s.faults.Hits()) == hits {
				t.Error("nothing met the fault")
			}
			s.mustBeComplete(t, name)
		})
	}
	if all, err := s.scm.ProjectsIn(t.Context(), demo.AppsGroup, 0, 100); err != nil || len(all.Projects) != 4 {
		t.Errorf("%d projects beside each other, %v: %+v", len(all.Projects), err, all)
	}
}

// killFunction kills the function that creates while GitLab makes it wait. Nothing is
// waited for: the next attempt begins when the lease of the dead one is over.
func killFunction(t *testing.T, s *stack) {
	if s.enforced {
		t.Skip("SKIPPED: it takes minutes and says nothing of IAM; the plain pass kills")
	}
	// The lease of an attempt ends with its invocation at the latest.
	s.configure(t, &lambda.UpdateFunctionConfigurationInput{FunctionName: sdk.String(s.name + "-creation"), Timeout: sdk.Int32(30)})
	hits := len(s.faults.Hits())
	s.faults.Set(faults.Once(faults.On(http.MethodPost, "/repository/commits"), faults.Slow(time.Minute)))
	defer s.faults.Set(nil)
	s.killed = s.accept(t, "killed")
	eventually(t, "the commit on its way", func() (bool, string) { return len(s.faults.Hits()) > hits, "" })
	s.kill(t, "creation")
}

// afterTheKill looks what became of the operation: all of it or nothing.
func afterTheKill(t *testing.T, s *stack) {
	if s.killed == "" {
		t.Skip("SKIPPED: nothing was killed")
	}
	o := s.follow(t, s.killed)
	switch o.Status {
	case operations.Succeeded:
		s.mustBeComplete(t, "killed")
	case operations.Failed:
		s.mustBeClean(t, "killed")
	default:
		t.Errorf("ended as %s: %+v", o.Status, o.Problem)
	}
	t.Logf("%s, %s after it was accepted", o.Status, o.Ended.Sub(o.Created).Round(time.Second))
	s.mustBeAudited(t, o)
}

// kill ends the processes of a function on this bed: they have its name and the bed's
// address in their environment.
func (s *stack) kill(t *testing.T, function string) {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, file := range environments {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended, or is somebody else's
		}
		text := "\x00" + string(raw)
		if !strings.Contains(text, "\x00AWS_LAMBDA_FUNCTION_NAME="+s.name+"-"+function+"\x00") || !strings.Contains(text, "\x00AWS_ENDPOINT_URL="+*s.account.BaseEndpoint+"\x00") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("killing %s (%d): %v", function, pid, err)
		}
		killed++
	}
	if killed == 0 {
		t.Fatalf("no process of the function %s is running", function)
	}
}
