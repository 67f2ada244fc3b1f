package operations

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/table"
)

// The bounds of an operation's secrets.
const (
	maxSecrets    = 64
	maxSecretName = 128
	maxSecret     = 16 << 10 // bytes of a value
)

// secretLife is when a secret is gone even if its operation never ends, or is parked.
const secretLife = 7 * 24 * time.Hour

const secretOpen, secretClose = "⟦secret:", "⟧"

var (
	secretName      = lazyregexp.New(`^[A-Za-z0-9_.-]{1,128}$`)
	secretReference = lazyregexp.New(secretOpen + `([A-Za-z0-9_.-]{1,128})` + secretClose)
)

// SecretReference gives the text that stands for a secret of the operation wherever values
// are rendered, planned or recorded.
func SecretReference(name string) string { return secretOpen + name + secretClose }

// StandIns gives the references of secrets by their names: what templates see of them.
func StandIns(names []string) map[string]string {
	references := make(map[string]string, len(names))
	for _, name := range names {
		references[name] = SecretReference(name)
	}
	return references
}

// SecretReferences gives the names of the secrets that a text refers to, each once.
func SecretReferences(text string) []string {
	var names []string
	for _, match := range secretReference.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, match[1]) {
			names = append(names, match[1])
		}
	}
	return names
}

// checkSecrets refuses secrets that can't be kept, all of them at once. Values are never
// part of an error.
func (s *Service) checkSecrets(secrets map[string]string) error {
	if len(secrets) == 0 {
		return nil
	}
	var fields []errs.Field
	if s.deps.Sealer == nil {
		fields = append(fields, errs.Field{Pointer: "/secrets", Message: "can't be kept here: there is no key to seal them with"})
	}
	if len(secrets) > maxSecrets {
		fields = append(fields, errs.Field{Pointer: "/secrets", Message: fmt.Sprintf("are more than %d", maxSecrets)})
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if problem := secretProblem(name, secrets[name]); problem != "" && len(fields) < maxSecrets {
			fields = append(fields, errs.Field{Pointer: "/secrets/" + pointerToken(name), Message: problem})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return errs.WithFields("the secrets are not valid", fields)
}

// secretProblem says what is wrong with a secret, "" for nothing.
func secretProblem(name, value string) string {
	switch {
	case !secretName.MatchString(name):
		return fmt.Sprintf("has a name that is not 1 to %d letters, digits, _, . or -", maxSecretName)
	case len(value) > maxSecret:
		return fmt.Sprintf("has %d bytes, more than %d", len(value), maxSecret)
	}
	return ""
}

// pointerToken escapes a name for a JSON pointer (RFC 6901).
func pointerToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(errs.Clip(name))
}

// seal seals all that is to be kept for an operation, and records it.
func (s *Service) seal(o *Operation, secrets map[string]string) ([]table.Write, error) {
	o.Sealed, o.SealedUntil = nil, nil
	var writes []table.Write
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		w, err := s.sealed(o.ID, name, secrets[name])
		if err != nil {
			return nil, err
		}
		o.keeps(name, w.Item.Expires)
		writes = append(writes, w)
	}
	return writes, nil
}

// sealed gives the write of one secret.
func (s *Service) sealed(id, name, value string) (table.Write, error) {
	sealed, err := s.deps.Sealer.Seal([]byte(value), secretOwner(id, name))
	if err != nil {
		return table.Write{}, fmt.Errorf("sealing the secret %s: %w", name, err)
	}
	item := table.Item{Key: secretKey(id, name), Body: sealed, Expires: s.clock.Now().Add(secretLife)}
	return table.PutWrite(item, table.Always), nil
}

// keeps records that a secret is kept.
func (o *Operation) keeps(name string, until time.Time) {
	if !slices.Contains(o.Sealed, name) {
		o.Sealed = append(o.Sealed, name)
	}
	if o.SealedUntil == nil { // later ones last longer
		o.SealedUntil = &until
	}
}

// secretOwner is what a sealed secret belongs to: it can't be opened for anything else.
func secretOwner(id, name string) string { return id + "\x00" + name }

// KeepSecret seals a value for a running operation under a name; an earlier one of that
// name is replaced. It is kept as long as what the operation was given.
func (s *Service) KeepSecret(ctx context.Context, id, name, value string) error {
	if err := s.checkSecrets(map[string]string{name: value}); err != nil {
		return err
	}
	put, err := s.sealed(id, name, value)
	if err != nil {
		return err
	}
	_, err = s.update(ctx, id, func(o *Operation) (change, error) {
		if o.keeps(name, put.Item.Expires); len(o.Sealed) > maxSecrets {
			return change{}, errs.New(errs.TooLarge, fmt.Sprintf("the operation has more than %d secrets", maxSecrets))
		}
		return change{writes: []table.Write{put}}, mustRun(o)
	})
	if err != nil {
		return fmt.Errorf("keeping the secret %s: %w", name, err)
	}
	return nil
}

// Reveal replaces the references in text by the operation's secrets; Conflict, naming it,
// when one is not there (any more). What a secret itself holds is not replaced again.
func (s *Service) Reveal(ctx context.Context, id, text string) (string, error) {
	values := map[string]string{}
	for _, name := range SecretReferences(text) {
		value, err := s.secret(ctx, id, name)
		if err != nil {
			return "", err
		}
		values[name] = value
	}
	return secretReference.ReplaceAllStringFunc(text, func(reference string) string {
		return values[strings.TrimSuffix(strings.TrimPrefix(reference, secretOpen), secretClose)]
	}), nil
}

func (s *Service) secret(ctx context.Context, id, name string) (string, error) {
	if s.deps.Sealer == nil {
		return "", errs.New(errs.Internal, "secrets can't be revealed here: there is no key")
	}
	item, err := s.table.Get(ctx, secretKey(id, name))
	if errors.Is(err, errs.NotFound) {
		return "", errs.New(errs.Conflict, fmt.Sprintf("the operation has no secret %q, or not any more", name))
	}
	if err != nil {
		return "", fmt.Errorf("reading the secret %s: %w", name, err)
	}
	value, err := s.deps.Sealer.Open(item.Body, secretOwner(id, name))
	if err != nil {
		return "", fmt.Errorf("opening the secret %s: %w", name, err)
	}
	return string(value), nil
}

// kept gives the secrets that are still kept for an operation.
func (s *Service) kept(ctx context.Context, o *Operation) (map[string]string, error) {
	values := map[string]string{}
	for _, name := range o.Sealed {
		value, err := s.secret(ctx, o.ID, name)
		if errors.Is(err, errs.Conflict) { // its time is over
			continue
		}
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}
