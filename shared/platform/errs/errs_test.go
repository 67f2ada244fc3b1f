package errs_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestKindSurvivesWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp: secret-host refused")
	err := fmt.Errorf("reading project: %w", errs.Wrap(errs.Unavailable, "GitLab can't be reached", cause))
	if !errors.Is(err, errs.Unavailable) || errors.Is(err, errs.NotFound) {
		t.Fatalf("errors.Is does not see the kind of %v", err)
	}
	if got := errs.KindOf(err); got != errs.Unavailable {
		t.Fatalf("KindOf = %q", got)
	}
	if !errors.Is(err, cause) {
		t.Fatal("the cause is lost")
	}
	if got := errs.Message(err); got != "GitLab can't be reached" {
		t.Fatalf("Message = %q", got)
	}
}

func TestUnclassifiedErrorsSayNothing(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New("password=hunter2"),
		errs.Wrap(errs.Internal, "password=hunter2", nil),
	} {
		if got := errs.Message(err); got != "an internal error occurred" {
			t.Errorf("Message(%v) = %q", err, got)
		}
		if got := errs.KindOf(err); got != errs.Internal {
			t.Errorf("KindOf(%v) = %q", err, got)
		}
	}
	if errs.KindOf(nil) != "" {
		t.Error("nil has a kind")
	}
}

func TestTheKindOfACauseIsNoEvidence(t *testing.T) {
	t.Parallel()
	inner := errs.New(errs.NotFound, "no such bucket")
	err := fmt.Errorf("reading: %w", errs.Wrap(errs.Unavailable, "the store does not answer", inner))
	if errors.Is(err, errs.NotFound) || !errors.Is(err, errs.Unavailable) {
		t.Error("the kind of the cause shows")
	}
	if !errors.Is(err, error(inner)) {
		t.Error("the cause itself is lost")
	}
}

func TestExplainTellsEveryField(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"taken":                               errs.New(errs.Conflict, "taken"),
		"no good: /a is required; /b is long": fmt.Errorf("checking: %w", errs.WithFields("no good", []errs.Field{{Pointer: "/a", Message: "is required"}, {Pointer: "/b", Message: "is long"}})),
		"no good: is an object":               errs.WithFields("no good", []errs.Field{{Message: "is an object"}}),
		"an internal error occurred":          errors.New("password=hunter2"),
	} {
		if got := errs.Explain(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if errs.Kind("UnknownTask").Known() || !errs.Unavailable.Known() {
		t.Error("kinds are not told from other names")
	}
}
