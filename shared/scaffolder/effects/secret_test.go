package effects_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/sealing"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const region = "eu-west-1"

// account is a platform's account without AWS.
func account(t *testing.T) *localaws.Secrets {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "aws.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err1 := file.Table("aws")
	sealer, err2 := sealing.New(sealing.Config{Secrets: []string{strings.Repeat("key of the tests ", 3)}})
	s, err3 := localaws.New(localaws.Config{Table: tab, Sealer: sealer, Account: "111111111111", IDs: ids.Random{}})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return s
}

// silent is an account whose answers to what changes it are lost: it happens all the same.
type silent struct{ *localaws.Secrets }

var errLost = errs.New(errs.Unavailable, "the answer is lost")

func (s silent) CreateSecret(ctx context.Context, p effects.SecretParams) (string, error) {
	if _, err := s.Secrets.CreateSecret(ctx, p); err != nil {
		return "", err
	}
	return "", errLost
}

func (s silent) PutSecretValue(ctx context.Context, region, arn, version, value string) error {
	if err := s.Secrets.PutSecretValue(ctx, region, arn, version, value); err != nil {
		return err
	}
	return errLost
}

func secretOf(t *testing.T, name string) operations.Effect {
	t.Helper()
	e, err := effects.NewSecret("s/secret", effects.SecretParams{Region: region, Name: name, Description: "For orders", Tags: []effects.Tag{{Key: "app", Value: "orders"}}})
	return must(t, e, err)
}

func valueOf(t *testing.T, arn, value string) operations.Effect {
	t.Helper()
	e, err := effects.NewSecretValue("t/value", effects.SecretValueParams{Secret: arn, Value: value})
	return must(t, e, err)
}

// fillSecret makes the secret and puts a value of the operation into it.
func fillSecret(t *testing.T, b *bench, store effects.SecretStore, op operations.Ref) (arn string, list []operations.Effect) {
	t.Helper()
	b.performers[effects.SecretKind] = effects.Secret{Store: store}
	b.performers[effects.SecretValueKind] = effects.SecretValue{Store: store, Vault: effects.OperationSecrets{Operations: b.ops}}
	secret := secretOf(t, "apps/orders-token")
	arn = read[effects.SecretResult](t, b.make(t, op, secret)[0]).ARN
	if err := b.ops.KeepSecret(t.Context(), op.ID, "token", "glpat-canary"); err != nil {
		t.Fatal(err)
	}
	value := valueOf(t, arn, operations.SecretReference("token"))
	b.make(t, op, value)
	return arn, []operations.Effect{secret, value}
}

func TestAValueGoesIntoTheSecretAndNowhereElse(t *testing.T) {
	t.Parallel()
	b, aws := newBench(t), account(t)
	op := b.begin(t, nil)
	arn, list := fillSecret(t, b, aws, op)
	if got, err := aws.Value(t.Context(), region, arn); err != nil || got != "glpat-canary" {
		t.Errorf("the secret holds %q, %v", got, err)
	}
	stored, err := aws.StoredSecret(t.Context(), region, "apps/orders-token")
	if err != nil || !slices.Contains(stored.Tags, effects.Tag{Key: effects.OperationTag, Value: op.ID}) || !slices.Contains(stored.Tags, effects.Tag{Key: "app", Value: "orders"}) {
		t.Errorf("%+v, %v", stored, err)
	}
	b.holdsNo(t, op, "glpat-canary")
	if ended, err := b.ledger.Compensate(t.Context(), op.ID, &operations.Problem{Kind: errs.Invalid, Message: "undone"}); err != nil || ended.Status != operations.Failed {
		t.Fatalf("%+v, %v", ended, err)
	}
	if _, err := aws.StoredSecret(t.Context(), region, arn); !errors.Is(err, errs.NotFound) {
		t.Errorf("the secret is left: %v", err)
	}
	for _, e := range list { // undone twice is as good as once
		if err := b.performers[e.Kind].Undo(t.Context(), op, e, []byte(`{"arn":"`+arn+`"}`)); err != nil {
			t.Errorf("%s undone again: %v", e.Kind, err)
		}
	}
}

func TestSecretsWhoseAnswerIsLostAreFound(t *testing.T) {
	t.Parallel()
	aws := account(t)
	secrets := effects.Secret{Store: silent{aws}}
	secret := secretOf(t, "token")
	if _, err := secrets.Find(t.Context(), op("op-1"), secret); !errors.Is(err, errs.NotFound) {
		t.Errorf("before it was made: %v", err)
	}
	if _, err := secrets.Do(t.Context(), op("op-1"), secret); !errors.Is(err, errs.Unavailable) {
		t.Fatalf("with its answer lost: %v", err)
	}
	raw, err := secrets.Find(t.Context(), op("op-1"), secret)
	if err != nil {
		t.Fatalf("it is not found: %v", err)
	}
	for name, err := range map[string]error{"finding": result(secrets.Find(t.Context(), op("op-2"), secret)), "making": result(secrets.Do(t.Context(), op("op-2"), secret))} {
		if !errors.Is(err, errs.Conflict) {
			t.Errorf("%s somebody else's: %v", name, err)
		}
	}
	values := effects.SecretValue{Store: silent{aws}, Vault: plainVault{}}
	value := valueOf(t, read[effects.SecretResult](t, raw).ARN, "v")
	if _, err := values.Find(t.Context(), op("op-1"), value); !errors.Is(err, errs.NotFound) {
		t.Errorf("before it was put: %v", err)
	}
	if _, err := values.Do(t.Context(), op("op-1"), value); !errors.Is(err, errs.Unavailable) {
		t.Fatalf("with its answer lost: %v", err)
	}
	if _, err := values.Find(t.Context(), op("op-1"), value); err != nil {
		t.Errorf("it is not found: %v", err)
	}
}

// plainVault holds nothing: no text refers to a secret.
type plainVault struct{ effects.Vault }

func (plainVault) Reveal(_ context.Context, _ operations.Ref, text string) (string, error) {
	return text, nil
}

// What somebody else has made, marked or filled is not written over and not deleted.
func TestSecretsOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	aws := account(t)
	secrets, values := effects.Secret{Store: aws}, effects.SecretValue{Store: aws, Vault: plainVault{}}
	foreign, err := aws.CreateSecret(t.Context(), effects.SecretParams{Region: region, Name: "theirs", Tags: []effects.Tag{{Key: effects.OperationTag, Value: "op-9"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"making": result(secrets.Do(t.Context(), op("op-1"), secretOf(t, "theirs"))), "putting": result(values.Do(t.Context(), op("op-1"), valueOf(t, foreign, "v"))),
		"undoing": secrets.Undo(t.Context(), op("op-1"), secretOf(t, "theirs"), []byte(`{"arn":"`+foreign+`"}`)),
	} {
		if !errors.Is(err, errs.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mine := secretOf(t, "mine")
	raw, err := secrets.Do(t.Context(), op("op-1"), mine)
	if err != nil {
		t.Fatal(err)
	}
	arn := read[effects.SecretResult](t, raw).ARN
	if err := aws.PutSecretValue(t.Context(), region, arn, strings.Repeat("a", 64), "somebody's"); err != nil {
		t.Fatal(err)
	}
	if err := secrets.Undo(t.Context(), op("op-1"), mine, raw); !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), "somebody has put a value") {
		t.Errorf("with somebody's value in it: %v", err)
	}
	if got, err := aws.Value(t.Context(), region, arn); got != "somebody's" {
		t.Errorf("their value is %q, %v", got, err)
	}
}

func result(_ any, err error) error { return err }

func TestSecretsThatAWSDoesNotTake(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*effects.SecretParams){
		"no name":             func(p *effects.SecretParams) { p.Name = "" },
		"a blank":             func(p *effects.SecretParams) { p.Name = "a b" },
		"another host":        func(p *effects.SecretParams) { p.Region = "eu-west-1.evil.example.com/" },
		"no region":           func(p *effects.SecretParams) { p.Region = "" },
		"a long name":         func(p *effects.SecretParams) { p.Name = strings.Repeat("x", 257) },
		"a long description":  func(p *effects.SecretParams) { p.Description = strings.Repeat("x", 2049) },
		"our own tag":         func(p *effects.SecretParams) { p.Tags = []effects.Tag{{Key: "Slipway:Operation", Value: "op-2"}} },
		"AWS's own tag":       func(p *effects.SecretParams) { p.Tags = []effects.Tag{{Key: "AWS:x", Value: "y"}} },
		"a tag twice":         func(p *effects.SecretParams) { p.Tags = []effects.Tag{{Key: "a", Value: "1"}, {Key: "a", Value: "2"}} },
		"a tag without name":  func(p *effects.SecretParams) { p.Tags = []effects.Tag{{Value: "y"}} },
		"a tag of lines":      func(p *effects.SecretParams) { p.Tags = []effects.Tag{{Key: "a", Value: "1\n2"}} },
		"fifty tags":          func(p *effects.SecretParams) { p.Tags = make([]effects.Tag, 50) },
		"the value of a tag":  func(p *effects.SecretParams) { p.Tags = []effects.Tag{{Key: "a", Value: strings.Repeat("x", 257)}} },
		"something in a name": func(p *effects.SecretParams) { p.Name = "a\"b" },
	} {
		p := effects.SecretParams{Region: region, Name: "token"}
		change(&p)
		if err := p.Check(); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unknown := effects.SecretParams{Region: region, Name: "x-" + operations.UnknownMark("a.b")}
	if err := unknown.Check(); err != nil {
		t.Errorf("a name that is not known yet: %v", err)
	}
	for _, arn := range []string{"", "token", "arn:aws:secretsmanager:evil.example.com/:111111111111:secret:x", "arn:aws:s3:eu-west-1:111111111111:secret:x", "arn:aws:secretsmanager:eu-west-1:1:secret:x"} {
		if _, err := effects.NewSecretValue("id", effects.SecretValueParams{Secret: arn}); !errors.Is(err, errs.Invalid) {
			t.Errorf("%q is taken for an ARN: %v", arn, err)
		}
	}
}

// A secret that could not be deleted outlives an attempt of its operation. The next one puts
// its own value there: that of before is of a token that was revoked.
func TestEachAttemptPutsItsOwnValue(t *testing.T) {
	t.Parallel()
	aws := account(t)
	values, first := effects.SecretValue{Store: aws, Vault: plainVault{}}, op("op-1")
	raw, err := effects.Secret{Store: aws}.Do(t.Context(), first, secretOf(t, "token"))
	if err != nil {
		t.Fatal(err)
	}
	arn := read[effects.SecretResult](t, raw).ARN
	if _, err := values.Do(t.Context(), first, valueOf(t, arn, "old")); err != nil {
		t.Fatal(err)
	}
	second := first
	second.Attempt++
	if _, err := values.Find(t.Context(), second, valueOf(t, arn, "new")); !errors.Is(err, errs.NotFound) {
		t.Errorf("the value of the attempt before counts: %v", err)
	}
	if _, err := values.Do(t.Context(), second, valueOf(t, arn, "new")); err != nil {
		t.Errorf("putting another value: %v", err)
	}
	if got, err := aws.Value(t.Context(), region, arn); got != "new" {
		t.Errorf("the secret holds %q, %v", got, err)
	}
	if err := (effects.Secret{Store: aws}).Undo(t.Context(), second, secretOf(t, "token"), raw); err != nil {
		t.Errorf("it can't be undone: %v", err)
	}
}
