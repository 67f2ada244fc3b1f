// Package secrets owns reading secrets from AWS Secrets Manager: by ARN, cached for a few
// minutes so that a rotated secret is picked up without a deployment. It never logs a
// value, and it does not know what a secret is for.
package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// life is how long a value is used before it is read again.
const life = 5 * time.Minute

// pause is how long an earlier value is used before the next try after a failed one.
const pause = 15 * time.Second

// Config is what a Secret needs.
type Config struct {
	AWS   aws.Config
	ARN   string
	Clock clock.Clock
}

// Secret is one secret. It is safe for concurrent use.
type Secret struct {
	cfg   Config
	calls *awsclient.Calls

	mu    sync.Mutex
	value string
	read  time.Time
}

// New makes a secret; its value is read when it is first asked for.
func New(c Config) (*Secret, error) {
	if c.ARN == "" || c.Clock == nil {
		return nil, errors.New("a secret needs an ARN and a clock")
	}
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: c.AWS, Service: "secretsmanager", Clock: c.Clock})
	if err != nil {
		return nil, fmt.Errorf("reaching Secrets Manager: %w", err)
	}
	return &Secret{cfg: c, calls: calls}, nil
}

// Text gives the secret's value. While Secrets Manager does not answer, an earlier value is
// used: a token outlives a short outage, but not being taken away.
func (s *Secret) Text(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.value != "" && s.cfg.Clock.Now().Sub(s.read) < life {
		return s.value, nil
	}
	var out struct{ SecretString string }
	err := s.calls.JSON(ctx, "secretsmanager.GetSecretValue", map[string]string{"SecretId": s.cfg.ARN}, &out)
	switch {
	case err != nil && s.value != "" && errs.Transient(awserr.Wrap("", err)):
		s.read = s.cfg.Clock.Now().Add(pause - life) // the next try is not for everybody to wait for
		return s.value, nil
	case err != nil:
		s.value = ""
		return "", awserr.WrapOwn("a secret can't be read", err)
	case out.SecretString == "":
		return "", errs.New(errs.Internal, "a secret is empty")
	}
	s.value, s.read = out.SecretString, s.cfg.Clock.Now()
	return s.value, nil
}

// JSON reads the secret's value as a JSON document into v.
func (s *Secret) JSON(ctx context.Context, v any) error {
	text, err := s.Text(ctx)
	if err != nil {
		return err
	}
	if json.Unmarshal([]byte(text), v) != nil { // the decoder's error may quote the value
		return errs.New(errs.Internal, "a secret is not the JSON document it should be")
	}
	return nil
}

// String keeps the value out of logs.
func (s *Secret) String() string { return fmt.Sprintf("secret %s", s.cfg.ARN) }
