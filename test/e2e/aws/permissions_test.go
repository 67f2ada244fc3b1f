package aws

import "testing"

// permissions takes single permissions from reconcile and looks whether its work fails, and
// goes on when they are back. That no function has more is held in test/template.
func permissions(t *testing.T, s *stack) {
	if !s.enforced {
		t.Skip("SKIPPED: without IAM everything is allowed")
	}
	const (
		recovery = `{"task":"Recover","run":"permissions"}`
		sweep    = `{"task":"Sweep","run":"permissions","cursor":{"phase":"groups"}}`
		report   = `{"task":"Report","run":"permissions"}`
	)
	for _, c := range []struct{ action, task string }{
		{"s3:GetObject", recovery},
		{"s3:DeleteObject", recovery},
		{"s3:PutObject", recovery},
		{"dynamodb:PutItem", recovery},
		{"secretsmanager:GetSecretValue", sweep},
	} {
		t.Run(c.action, func(t *testing.T) {
			s.damageSnapshot(t) // it has to be read, discarded and written anew
			restore := s.withhold(t, "reconcile", c.action)
			i := s.another(t, "reconcile") // that remembers no secret
			if out, failure := i.invoke(t, []byte(c.task)); failure == "" {
				t.Errorf("it works without: %s", out)
			}
			restore()
			eventually(t, "work with the permission back", func() (bool, string) {
				out, failure := i.invoke(t, []byte(c.task))
				return failure == "", string(out)
			})
		})
	}
	if out, failure := s.invoke(t, "reconcile", []byte(report)); failure != "" { // which gives the lease back
		t.Errorf("%s %s", failure, out)
	}
}
