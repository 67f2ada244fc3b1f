package textgzip

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestSuits(t *testing.T) {
	t.Parallel()
	all := answers(t)
	var names bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&names, `{"metadata":{"name":"%s-adapter-%d"}},`, []string{"account", "balance", "booking", "campaign", "checkout", "coupon"}[i%6], 3*i)
	}
	russian := strings.Repeat("Каталог показывает приложения сразу. ", 20)
	for name, c := range map[string]struct {
		text []byte
		want bool
	}{
		"nothing": {nil, true}, "an entity": {all[0], true}, "entities": {all[1], true}, "counts": {all[len(all)-1], true},
		"names": {names.Bytes(), false}, "a few names": {names.Bytes()[:triedFrom-1], true},
		"other letters": {[]byte(russian), false}, "other letters here and there": {append(bytes.Clone(all[1]), russian...), true},
		"the same byte": {bytes.Repeat([]byte("x"), 1<<20), true},
	} {
		w := &Writer{}
		if got := w.Suits(c.text); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		before := packed(c.text)
		if after := packedInParts(t, w, c.text, nil); !bytes.Equal(before, after) {
			t.Errorf("%s: asking changes what is written", name)
		}
	}
}
