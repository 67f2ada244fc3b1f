package correlation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
)

func TestWithKeepsWhatIsKnown(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if got := correlation.From(ctx); got != (correlation.IDs{}) {
		t.Errorf("a fresh context carries %+v", got)
	}
	first := correlation.With(ctx, correlation.IDs{RequestID: "r", Actor: "user:default/ann", TraceID: "t"})
	second := correlation.With(first, correlation.IDs{Actor: "user:default/bob", OperationID: "o"})
	want := correlation.IDs{RequestID: "r", Actor: "user:default/bob", OperationID: "o", TraceID: "t"}
	if diff := cmp.Diff(want, correlation.From(second)); diff != "" {
		t.Error(diff)
	}
	if correlation.From(first).Actor != "user:default/ann" {
		t.Error("the context above was changed")
	}
}
