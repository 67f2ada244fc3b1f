package wire

import (
	"errors"
	"log/slog"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
)

// Config is what a System is made of.
type Config struct {
	Dir       string // everything is kept below it
	PortalURL string // how GitLab and people reach the portal
	GitLabURL string // how everybody reaches GitLab
	// Authenticator tells who calls. With auth.Guest, frontends can sign in as the guest.
	Authenticator auth.Authenticator
	// AppOrigins are the origins of browser frontends that may call the portal.
	AppOrigins []string
	Accounts   []string // AWS accounts that environments may lie in
	// Parameters are what templates can read of AWS accounts; none when nil.
	Parameters localaws.Parameters
	// PlatformGroups are the GitLab groups that may define environments, templates and
	// people; empty for all.
	PlatformGroups []string
	// AllowedHosts, each "HOST" or "HOST:PORT", may be read besides GitLab.
	AllowedHosts []string
	// Kinds are the kinds of entities; the built-in ones when nil.
	Kinds *entity.Kinds
	// DiscoverGroups are the GitLab groups that are looked through, with their subgroups,
	// for catalog files that nobody registered; empty for none.
	DiscoverGroups []string
	// LeaveHooks keeps reconciliation from creating and repairing webhooks of projects.
	LeaveHooks bool
	// ReconcileEvery is how long the pauses between two reconciliations are; 10 minutes
	// when zero.
	ReconcileEvery time.Duration
	Clock          clock.Clock
	IDs            ids.Source
	Log            *slog.Logger

	// GitLabToken is the token of a real GitLab; "" runs the embedded one.
	GitLabToken string
	// JobDuration is how long each simulated job of the embedded GitLab takes.
	JobDuration time.Duration
	// Settle is how long an effect of unknown outcome is waited for before it counts as
	// never having happened.
	Settle time.Duration

	// WrapTable and WrapSCM, when set, put a layer around every table and the GitLab
	// client: tests inject faults there.
	WrapTable func(name string, t table.Table) table.Table
	WrapSCM   func(scm.Client) scm.Client
}

func (c *Config) check() error {
	if c.Dir == "" || c.PortalURL == "" || c.GitLabURL == "" || c.Authenticator == nil || len(c.Accounts) == 0 ||
		c.Clock == nil || c.IDs == nil || c.Log == nil {
		return errors.New("the system needs a directory, the URLs of portal and GitLab, an authenticator, AWS accounts, a clock, ids and a log")
	}
	return nil
}
