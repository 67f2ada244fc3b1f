package auth_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/slipwayhq/slipway/shared/auth/authtest"
)

// maxRefusalBytes is what refusing one token may allocate, however large the token is.
const maxRefusalBytes = 64 << 10

// TestRefusingIsCheap counts what each refusal allocates. It does not run beside other
// tests, because their allocations would count too.
func TestRefusingIsCheap(t *testing.T) {
	issuer, v, _ := newPair(t, strictest)
	if _, err := v.Authenticate(t.Context(), []string{"Bearer " + issuer.Issue(nil)}); err != nil {
		t.Fatal(err) // and the keys are there from now on
	}
	const rounds = 8
	for _, bad := range authtest.BadTokens(issuer) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range rounds {
			if _, err := v.Authenticate(t.Context(), bad.Authorization); err == nil {
				t.Fatal("accepted")
			}
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / rounds; got > maxRefusalBytes {
			t.Errorf("%s allocates %d bytes", fmt.Sprintf("%02d %s", bad.Number, bad.Name), got)
		}
	}
}

func BenchmarkEachBadToken(b *testing.B) {
	issuer, v, _ := newPair(b, strictest)
	for _, bad := range authtest.BadTokens(issuer) {
		b.Run(fmt.Sprintf("%02d %s", bad.Number, bad.Name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(b.Context(), bad.Authorization); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
