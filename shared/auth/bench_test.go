package auth_test

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/auth/authtest"
)

func BenchmarkGoodTokens(b *testing.B) {
	issuer, v, _ := newPair(b, nil)
	for name, token := range map[string]string{"RS256": issuer.Issue(nil), "ES256": issuer.IssueES256(nil)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(b.Context(), []string{"Bearer " + token}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBadTokens is one refusal, averaged over the whole corpus.
func BenchmarkBadTokens(b *testing.B) {
	issuer, v, _ := newPair(b, strictest)
	corpus := authtest.BadTokens(issuer)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if _, err := v.Authenticate(b.Context(), corpus[n%len(corpus)].Authorization); err == nil {
			b.Fatal("accepted")
		}
	}
}
