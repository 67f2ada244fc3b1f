package signin_test

import (
	"errors"
	"testing"

	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/boot/signin"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/config"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

func env(values map[string]string) boot.Env {
	set := config.New(func(name string) (string, bool) { v, ok := values[name]; return v, ok })
	return boot.Env{Settings: set, Clock: clock.System{}, Log: logging.Discard()}
}

func TestTokensOfTheIssuerAreTaken(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t, authtest.Config{})
	audience := issuer.Audience
	for name, c := range map[string]struct {
		settings map[string]string
		taken    bool
	}{
		"its keys are named":        {map[string]string{"OIDC_ISSUER": issuer.URL, "OIDC_AUDIENCE": audience, "OIDC_JWKS_URL": issuer.JWKSURL()}, true},
		"its discovery names them":  {map[string]string{"OIDC_ISSUER": issuer.URL, "OIDC_AUDIENCE": audience}, true},
		"one of several audiences":  {map[string]string{"OIDC_ISSUER": issuer.URL, "OIDC_AUDIENCE": "other, " + audience}, true},
		"another audience":          {map[string]string{"OIDC_ISSUER": issuer.URL, "OIDC_AUDIENCE": "other"}, false},
		"another client only":       {map[string]string{"OIDC_ISSUER": issuer.URL, "OIDC_AUDIENCE": audience, "OIDC_CLIENT_IDS": "another-client"}, false},
		"a scope that nobody gives": {map[string]string{"OIDC_ISSUER": issuer.URL, "OIDC_AUDIENCE": audience, "OIDC_SCOPES": "slipway:nothing"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who, err := signin.New(env(c.settings))
			if err != nil {
				t.Fatal(err)
			}
			p, err := who.Authenticate(t.Context(), []string{"Bearer " + issuer.Issue(nil)})
			if c.taken != (err == nil) || (err == nil && p.EntityRef == "") {
				t.Errorf("%+v, %v", p, err)
			}
			if !c.taken && !errors.Is(err, errs.Unauthenticated) && !errors.Is(err, errs.Forbidden) {
				t.Errorf("refused with %v", err)
			}
		})
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	e := env(nil)
	if _, err := signin.New(e); err == nil {
		t.Error("an authenticator was made of nothing")
	}
	if err := e.Settings.Err(); err == nil || err.Error() != "configuration: OIDC_ISSUER is not set; OIDC_AUDIENCE is not set" {
		t.Errorf("said %v", err)
	}
}
