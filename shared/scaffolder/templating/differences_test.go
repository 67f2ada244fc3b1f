package templating

import "testing"

// Where the engine does not answer as Backstage's does, it is for one of these reasons. A row that
// is no longer true has to go, here and in docs/templates.md.
func TestDifferencesFromBackstageAreTheOnesListed(t *testing.T) {
	t.Parallel()
	const failed = "an error"
	for _, c := range []struct{ template, backstage, here, why string }{
		{`${{ "foobar" | replace(r/foo(?=bar)/, "x") }}`, "xbar", failed, "look-ahead: matching is linear"},
		{`${{ "barfoo" | replace(r/(?<=bar)foo/, "x") }}`, "barx", failed, "look-behind: matching is linear"},
		{`${{ r/(a)\1/.test("aa") }}`, "true", failed, "a backreference: matching is linear"},
		{`${{ r/(?<x>a)\k<x>/.test("aa") }}`, "true", failed, "a backreference: matching is linear"},
		{`${{ r/a{1001}/.test("a") }}`, "false", failed, "a pattern that grows: matching is linear"},
		{`${{ [7] | random }}`, "7", failed, "the same template must always render the same"},
		{"${{ \"a\u2028b\" | dump }}", "\"a\u2028b\"", `"a\u2028b"`, "what dump gives can stand in YAML"},
		{`${{ 2 ** 2.5 }}`, "5.65685424949238", "5.656854249492381", "rounded once, at the end"},
		{`${{ 5.97 ** 9 }}`, "9633164.580255661", "9633164.580255663", "rounded once, at the end"},
		{`${{ "𝒳".replace(r/./g, "_") }}`, "__", "_", "patterns see characters"},
		{`${{ ("a" | safe) == ("a" | safe) }}`, "false", "true", "safe text is compared as text"},
		{`{% if 0 %}${{ r/` + "a{2,1}" + `/ }}{% endif %}`, failed, failed, "no difference: what is no pattern is an error in any branch"},
	} {
		got, err := newEngine(t, Config{}).Render(t.Context(), "t", c.template, nil)
		if err != nil {
			got = failed
		}
		if got != c.here {
			t.Errorf("%s gave %q (%v), want %q: %s", c.template, got, err, c.here, c.why)
		}
	}
}
