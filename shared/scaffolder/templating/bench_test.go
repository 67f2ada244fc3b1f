package templating

import (
	"strings"
	"testing"
)

// A file of about 1 KB with a handful of expressions, as skeletons have them. At least
// 8,000 files a second are asked for on one core.
func BenchmarkRender(b *testing.B) {
	src := strings.Repeat("name: ${{ values.name | lower }}\n", 6) + "{% for i in values.list %}- ${{ loop.index }}: ${{ i | dump }}\n{% endfor %}" + strings.Repeat("text ", 150)
	scope := map[string]any{"values": map[string]any{"name": "Orders", "list": []any{"a", "b", "c", 1.0}}}
	e := newEngine(b, Config{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Render(b.Context(), "bench", src, scope); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
