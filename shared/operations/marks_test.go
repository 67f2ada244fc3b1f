package operations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
)

func TestWhatOthersWriteIsNoMark(t *testing.T) {
	t.Parallel()
	secret, unknown := operations.SecretReference("token"), operations.UnknownMark("publish.projectId")
	for _, text := range []string{secret, unknown, "a" + secret + "b", secret[:len(secret)-3], "x" + unknown} {
		if !operations.HoldsMark(text) {
			t.Errorf("%q is taken for no mark", text)
		}
	}
	given := map[string]any{"a": []any{secret, 1.0, nil, true, map[string]any{unknown: "x" + unknown}}, "b": "plain ⟦ text ⟧"}
	want := map[string]any{"a": []any{"[secret:token⟧", 1.0, nil, true, map[string]any{"[known after: publish.projectId⟧": "x[known after: publish.projectId⟧"}}, "b": "plain ⟦ text ⟧"}
	if diff := cmp.Diff(want, operations.Defused(given)); diff != "" {
		t.Error(diff)
	}
	// What is left of one mark can't become another.
	if text := operations.Defused("⟦sec⟦secret:ret:x⟧").(string); operations.HoldsMark(text) {
		t.Errorf("%q", text)
	}
}
