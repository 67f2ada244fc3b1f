package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// parameterName is what a parameter may be called, or the ARN it has instead of its name, at
// most maxParameterName bytes
// (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html).
var parameterName = lazyregexp.New(`^[A-Za-z0-9_.:/-]+$`)

const maxParameterName = 1011

// CheckParameterNames refuses what can't be the name of a parameter.
func CheckParameterNames(names ...string) error {
	for _, name := range names {
		if len(name) > maxParameterName || !parameterName.MatchString(name) {
			return errs.New(errs.Invalid, fmt.Sprintf("%q is not the name of a parameter", errs.Clip(name)))
		}
	}
	return nil
}

// How long parameters are known, and of how many places.
const (
	parametersLife = time.Minute
	maxPlaces      = 200
)

// knownParameters remembers for a moment what was read for an operation: planning reads what
// the steps then read again, and steps often read the same.
type knownParameters struct {
	from  Parameters
	clock clock.Clock

	mu     sync.Mutex
	places map[Place]*knownPlace
}

type knownPlace struct {
	since  time.Time
	values map[string]Parameter
}

func newKnownParameters(from Parameters, c clock.Clock) *knownParameters {
	return &knownParameters{from: from, clock: c, places: map[Place]*knownPlace{}}
}

// all gives the parameters of those names; Invalid, naming them, when some don't exist.
func (k *knownParameters) all(ctx context.Context, at Place, names []string, where string) (map[string]Parameter, error) {
	found := k.known(at, names)
	var unknown []string
	for _, name := range distinct(names) {
		if _, there := found[name]; !there {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return found, nil
	}
	read, err := k.from.Parameters(ctx, at, unknown)
	if err != nil {
		return nil, fmt.Errorf("reading parameters of %s: %w", where, err)
	}
	k.remember(at, read)
	maps.Copy(found, read)
	unknown = slices.DeleteFunc(unknown, func(name string) bool { _, there := found[name]; return there })
	if len(unknown) > 0 {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("there is no parameter %s in %s", listedNames(unknown), where))
	}
	return found, nil
}

// listedNames gives the first names of a list, as far as they fit into a message.
func listedNames(names []string) string {
	const most = 5
	var shown []string
	for _, name := range names[:min(len(names), most)] {
		shown = append(shown, errs.Clip(name))
	}
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	return strings.Join(shown, ", ")
}

func (k *knownParameters) known(at Place, names []string) map[string]Parameter {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[string]Parameter{}
	p := k.places[at]
	if p == nil || k.clock.Now().Sub(p.since) >= parametersLife {
		return out
	}
	for _, name := range names {
		if value, there := p.values[name]; there {
			out[name] = value
		}
	}
	return out
}

func (k *knownParameters) remember(at Place, read map[string]Parameter) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	maps.DeleteFunc(k.places, func(_ Place, p *knownPlace) bool { return now.Sub(p.since) >= parametersLife })
	if len(k.places) >= maxPlaces {
		clear(k.places)
	}
	if k.places[at] == nil {
		k.places[at] = &knownPlace{since: now, values: map[string]Parameter{}}
	}
	maps.Copy(k.places[at].values, read)
}

// shownParameters gives values as later steps may see them: of one that is kept encrypted
// only a reference, which stands for the value wherever it is handed to the outside.
func shownParameters(ctx context.Context, c Call, vault effects.Vault, at Place, found map[string]Parameter) (map[string]any, error) {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		p := found[name]
		if !p.Secret {
			out[name] = operations.Defused(p.Value)
			continue
		}
		kept := parameterSecret(at, name)
		if !c.Rehearsing {
			if err := vault.Keep(ctx, c.Operation, kept, p.Value); err != nil {
				return nil, fmt.Errorf("keeping the parameter %s: %w", errs.Clip(name), err)
			}
		}
		out[name] = operations.SecretReference(kept)
	}
	return out, nil
}

// parameterSecret names a parameter among an operation's secrets, whose names know no "/".
func parameterSecret(at Place, name string) string {
	sum := sha256.Sum256([]byte(at.Account + "\n" + at.Region + "\n" + name))
	return "parameter-" + hex.EncodeToString(sum[:16])
}
