package auth

import (
	"crypto/sha256"
	"strconv"
	"testing"
)

func TestFewTokensAreRemembered(t *testing.T) {
	t.Parallel()
	var v verified
	often := digest(sha256.Sum256([]byte("often")))
	v.add(often, token{keyID: "often"})
	for i := range 10 * maxVerified {
		name := digest(sha256.Sum256([]byte(strconv.Itoa(i))))
		v.add(name, token{keyID: strconv.Itoa(i)})
		if got, found := v.find(name); !found || got.keyID != strconv.Itoa(i) {
			t.Fatalf("%d is not there: %+v", i, got)
		}
		if got, found := v.find(often); !found || got.keyID != "often" {
			t.Fatalf("what is shown often is forgotten after %d", i)
		}
		if n := len(v.young) + len(v.older); n > 2*maxVerified {
			t.Fatalf("%d tokens are remembered", n)
		}
	}
	if _, found := v.find(digest(sha256.Sum256([]byte("0")))); found {
		t.Error("what was shown long ago is still there")
	}
}
