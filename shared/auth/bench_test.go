package auth_test

import (
	"strconv"
	"testing"

	"github.com/slipwayhq/slipway/shared/auth/authtest"
)

// BenchmarkGoodTokens shows the same token again and again, or new ones each time.
func BenchmarkGoodTokens(b *testing.B) {
	issuer, v, _ := newPair(b, nil)
	for name, issue := range map[string]func(authtest.Claims) string{"RS256": issuer.Issue, "ES256": issuer.IssueES256} {
		many := make([]string, 2000)
		for i := range many {
			many[i] = issue(authtest.Claims{"jti": strconv.Itoa(i)})
		}
		for which, tokens := range map[string][]string{"again": many[:1], "new": many} {
			b.Run(name+"/"+which, func(b *testing.B) {
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					if _, err := v.Authenticate(b.Context(), []string{"Bearer " + tokens[n%len(tokens)]}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
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
