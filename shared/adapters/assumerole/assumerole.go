// Package assumerole gets the credentials of roles in other accounts from AWS Security Token
// Service, for one purpose at a time: for fifteen minutes, in the name of the person and the
// operation it is for, and allowed no more than that purpose needs.
//
// It owns the request and remembers credentials while they last. It does not know who may
// assume which role: callers take roles from the catalog, and the role's own trust policy
// decides. That policy has to allow sts:AssumeRole, sts:TagSession and
// sts:SetSourceIdentity.
package assumerole

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const (
	lifetime = 15 * time.Minute // the shortest that AWS gives
	spare    = 2 * time.Minute  // credentials are not used to their last moment
	maxKept  = 200
	// MaxPolicy is the length of the longest session policy, in bytes.
	MaxPolicy = 2048
)

// Config is what Roles need.
type Config struct {
	AWS   aws.Config
	Clock clock.Clock
	// ExternalID is what the trust policies of roles ask for; "" for none.
	ExternalID string
}

// Purpose is what a role is assumed for.
type Purpose struct {
	Role      string // ARN
	Actor     string // ref of the user in whose name, "user:default/ann"
	Operation string // id
	Policy    string // session policy in JSON: no more than this is allowed
}

// Roles assumes roles. It is safe for concurrent use.
type Roles struct {
	cfg   Config
	calls *awsclient.Calls

	mu   sync.Mutex
	kept map[Purpose]aws.Credentials
}

// New makes it.
func New(c Config) (*Roles, error) {
	if c.Clock == nil {
		return nil, errors.New("assuming roles needs a clock")
	}
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: c.AWS, Service: "sts", Clock: c.Clock})
	if err != nil {
		return nil, fmt.Errorf("making a client of the token service: %w", err)
	}
	return &Roles{cfg: c, calls: calls, kept: map[Purpose]aws.Credentials{}}, nil
}

// For gives credentials for a purpose. Forbidden when the role does not let itself be
// assumed.
func (r *Roles) For(ctx context.Context, p Purpose) (aws.Credentials, error) {
	if found, there := r.remembered(p); there {
		return found, nil
	}
	got, err := r.assume(ctx, p)
	if err != nil {
		return aws.Credentials{}, awserr.Wrap("the role "+errs.Clip(p.Role)+" can't be assumed", err)
	}
	r.remember(p, got)
	return got, nil
}

func (r *Roles) remembered(p Purpose) (aws.Credentials, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, there := r.kept[p]
	return found, there && r.cfg.Clock.Now().Before(found.Expires.Add(-spare))
}

func (r *Roles) remember(p Purpose, c aws.Credentials) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.cfg.Clock.Now()
	maps.DeleteFunc(r.kept, func(_ Purpose, c aws.Credentials) bool { return !now.Before(c.Expires.Add(-spare)) })
	if len(r.kept) >= maxKept {
		clear(r.kept)
	}
	r.kept[p] = c
}

// answer is that of AssumeRole
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
type answer struct {
	AccessKeyID     string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	SecretAccessKey string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	SessionToken    string `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration      string `xml:"AssumeRoleResult>Credentials>Expiration"`
}

func (r *Roles) assume(ctx context.Context, p Purpose) (aws.Credentials, error) {
	form := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {p.Role}, "DurationSeconds": {strconv.Itoa(int(lifetime.Seconds()))},
		"RoleSessionName": {sessionName("slipway-" + p.Operation)}, "Policy": {p.Policy},
		"Tags.member.1.Key": {"slipway:operation"}, "Tags.member.1.Value": {tagValue(p.Operation)},
		"Tags.member.2.Key": {"slipway:actor"}, "Tags.member.2.Value": {tagValue(p.Actor)},
	}
	if p.Actor != "" {
		form.Set("SourceIdentity", sessionName(p.Actor))
	}
	if r.cfg.ExternalID != "" {
		form.Set("ExternalId", r.cfg.ExternalID)
	}
	var said answer
	if err := r.calls.Query(ctx, form, &said); err != nil {
		return aws.Credentials{}, err
	}
	expires, err := time.Parse(time.RFC3339, said.Expiration)
	if err != nil || said.AccessKeyID == "" || said.SecretAccessKey == "" || said.SessionToken == "" {
		return aws.Credentials{}, errs.New(errs.Unavailable, "the token service answered without credentials")
	}
	return aws.Credentials{AccessKeyID: said.AccessKeyID, SecretAccessKey: said.SecretAccessKey, SessionToken: said.SessionToken,
		Source: "AssumeRole", CanExpire: true, Expires: expires}, nil
}

// sessionName gives a text as the names of sessions and source identities are written: 2 to
// 64 letters, digits and _+=,.@- ("user:default/ann" becomes "user.default.ann").
func sessionName(text string) string {
	name := strings.Map(func(c rune) rune {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("_+=,.@-", c)) {
			return c
		}
		return '.'
	}, text)
	for len(name) < 2 {
		name += "."
	}
	return name[:min(len(name), 64)]
}

// tagValue gives a text as values of tags are written: at most 256 letters, digits, blanks
// and _.:/=+-@.
func tagValue(text string) string {
	value := []rune(strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c == ' ' || strings.ContainsRune("_.:/=+-@", c) {
			return c
		}
		return '_'
	}, text))
	return string(value[:min(len(value), 256)])
}
