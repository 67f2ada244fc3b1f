package webhooks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Source is the source of every event that is received.
const Source = "slipway.webhooks"

// MaxBody is the largest body of a delivery in bytes. GitLab sends up to 25 MB, Lambda
// takes 6 MB, and nothing that we use is near either.
const MaxBody = 5 << 20

// keepDeliveries is how long a repeated delivery is recognised: as long as a queue may
// hold an event.
const keepDeliveries = 14 * 24 * time.Hour

// Delivery is one call of a webhook as it arrived.
type Delivery struct {
	Headers Headers
	Body    []byte // raw: the signature is over these bytes
}

// Status says what became of a delivery.
type Status string

// What can become of a delivery that was not refused.
const (
	Accepted  Status = "accepted"  // stored, and its event will be published
	Duplicate Status = "duplicate" // stored before, nothing happened
	Ignored   Status = "ignored"   // of a kind that we have no use for
)

// Outcome is the answer to a delivery.
type Outcome struct {
	Status  Status
	Kind    string // as GitLab calls it: "push", "pipeline" …; "" when Ignored
	EventID string // of the first event that was stored, now or before
}

// Deps is what a Receiver needs.
type Deps struct {
	Table   table.Table
	Secrets SecretSource
	Clock   clock.Clock
	Logger  *slog.Logger
}

// Receiver takes deliveries.
type Receiver struct{ deps Deps }

// NewReceiver makes a receiver.
func NewReceiver(d Deps) (*Receiver, error) {
	if d.Table == nil || d.Secrets == nil || d.Clock == nil || d.Logger == nil {
		return nil, errs.New(errs.Invalid, "receiving webhooks needs a table, secrets, a clock and a logger")
	}
	return &Receiver{d}, nil
}

// Receive proves, reads and stores a delivery. Errors: TooLarge, Unauthenticated, Invalid
// (nothing that GitLab sends), Unavailable (nothing is known to be stored).
func (r *Receiver) Receive(ctx context.Context, d Delivery) (Outcome, error) {
	if len(d.Body) > MaxBody {
		return Outcome{}, errs.New(errs.TooLarge, fmt.Sprintf("the delivery is larger than %d bytes", MaxBody))
	}
	secrets, err := r.deps.Secrets.WebhookSecrets(ctx)
	if err != nil {
		return Outcome{}, fmt.Errorf("reading the webhook secrets: %w", err)
	}
	signed, err := verify(d, secrets, r.deps.Clock.Now())
	if err != nil {
		return Outcome{}, err
	}
	event, err := parse(d.Body)
	if err != nil {
		return Outcome{}, err
	}
	if len(event.news) == 0 {
		r.deps.Logger.InfoContext(ctx, "webhook without a use", slog.String("kind", event.kind))
		return Outcome{Status: Ignored}, nil
	}
	if event.cut > 0 {
		r.deps.Logger.WarnContext(ctx, "a push moved more than is told of", slog.String("subject", event.subject), slog.Int("cut", event.cut))
	}
	return r.store(ctx, event, identity(d, event.kind, signed))
}

// record is what is kept of a delivery.
type record struct {
	Kind       string    `json:"kind"`
	Subject    string    `json:"subject"`
	ReceivedAt time.Time `json:"receivedAt"`
	RequestID  string    `json:"requestId,omitempty"`
	EventID    string    `json:"eventId"`
}

// store keeps the delivery and its events, or nothing when the delivery is already there.
func (r *Receiver) store(ctx context.Context, e delivered, id string) (Outcome, error) {
	out := Outcome{Status: Accepted, Kind: e.kind, EventID: eventID(id, 0)}
	now := r.deps.Clock.Now()
	body, err := json.Marshal(record{
		Kind: e.kind, Subject: e.subject, ReceivedAt: now, EventID: out.EventID,
		RequestID: correlation.From(ctx).RequestID,
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("encoding a delivery: %w", err)
	}
	item := table.Item{Key: deliveryKey(id), Body: body, Expires: now.Add(keepDeliveries)}
	writes := []table.Write{table.PutWrite(item, table.Absent)}
	for i, n := range e.news {
		emitter := outbox.Emitter{Source: Source, Clock: r.deps.Clock, IDs: fixedID(eventID(id, i))}
		write, err := emitter.Emit(ctx, n.typ, e.subject, n.data)
		if err != nil {
			return Outcome{}, fmt.Errorf("making the event of a %s webhook: %w", e.kind, err)
		}
		writes = append(writes, write)
	}
	err = r.deps.Table.Transact(ctx, writes)
	if failed, ok := table.FailedCondition(err); ok && failed == 0 {
		out.Status = Duplicate
		return out, nil
	}
	if err != nil {
		return Outcome{}, unavailable(err)
	}
	return out, nil
}

// eventID names the events of a delivery after it.
func eventID(delivery string, n int) string {
	name := "gitlab-" + delivery[:29]
	if n > 0 {
		name += "-" + strconv.Itoa(n)
	}
	return name
}

// unavailable makes every failure to store one that GitLab sees as ours: a 4xx would tell
// it that the delivery was wrong.
func unavailable(err error) error {
	if errs.Transient(err) {
		return fmt.Errorf("storing a delivery: %w", err)
	}
	return errs.Wrap(errs.Unavailable, "the delivery could not be stored", err)
}

func deliveryKey(id string) table.Key { return table.Key{PK: "DELIVERY#gitlab#" + id, SK: "DELIVERY"} }

// identity names a delivery so that GitLab's repetitions of it have the same name. What is
// signed goes first: nobody can repeat a signed delivery under another name. The event
// UUID is shared by all events of one request to GitLab, so the body tells them apart.
func identity(d Delivery, kind string, signed bool) string {
	names := []string{"Idempotency-Key", "Webhook-Id"}
	if signed {
		names = []string{"Webhook-Id"}
	}
	for _, n := range names {
		if v, _ := d.Headers.one(n); v != "" {
			return digest("key", v)
		}
	}
	uuid, _ := d.Headers.one("X-Gitlab-Event-UUID")
	return digest("body", uuid, kind, string(d.Body))
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// fixedID names an event after its delivery: an event that is stored twice, two weeks
// apart, is still the same event.
type fixedID string

// New gives the one id.
func (f fixedID) New() string { return string(f) }
