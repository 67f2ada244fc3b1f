package operations

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// planHash is what the hash of a plan looks like.
var planHash = lazyregexp.New(`^[0-9a-f]{64}$`)

// NewPlan makes the plan of effects.
func NewPlan(effects []Effect) (*Plan, error) {
	if effects == nil {
		effects = []Effect{}
	}
	seen := map[string]bool{}
	for _, e := range effects {
		if e.ID == "" || e.Kind == "" || seen[e.ID] {
			return nil, errs.New(errs.Internal, fmt.Sprintf("effect %q of kind %q has no id of its own", e.ID, e.Kind))
		}
		seen[e.ID] = true
	}
	body, err := json.Marshal(effects)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the plan can't be written as JSON", err)
	}
	sum := sha256.Sum256(body)
	return &Plan{Effects: effects, Hash: hex.EncodeToString(sum[:])}, nil
}

// Holds reports whether an effect is in the plan exactly as it is, parameters included. A
// text of the plan with a mark in it stands for any value: see UnknownMark.
func (p *Plan) Holds(e Effect) bool {
	return p != nil && slices.ContainsFunc(p.Effects, func(planned Effect) bool {
		return planned.ID == e.ID && planned.Kind == e.Kind && matches(planned.Target, e.Target) &&
			sameJSON(planned.Params, e.Params, matches)
	})
}

// same reports whether two effects are the same thing made from the same parameters.
func (e Effect) same(other Effect) bool {
	return e.Kind == other.Kind && e.Target == other.Target && sameJSON(e.Params, other.Params, equal)
}

// sameJSON compares two documents by their values.
func sameJSON(a, b json.RawMessage, compare func(a, b any) bool) bool {
	if bytes.Equal(a, b) {
		return true
	}
	left, leftErr := decodeExact(a)
	right, rightErr := decodeExact(b)
	return leftErr == nil && rightErr == nil && compare(left, right)
}

// decodeExact decodes JSON and keeps numbers as they are written.
func decodeExact(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func equal(a, b any) bool { return compareJSON(a, b, func(a, b any) bool { return a == b }) }

// matches compares a planned value with what it has become.
func matches(planned, actual any) bool {
	return compareJSON(planned, actual, func(planned, actual any) bool {
		text, is := planned.(string)
		return is && HoldsUnknown(text) || planned == actual
	})
}

// compareJSON compares decoded JSON member by member; leaf decides on all else.
func compareJSON(a, b any, leaf func(a, b any) bool) bool {
	switch a := a.(type) {
	case map[string]any:
		other, is := b.(map[string]any)
		if !is || len(a) != len(other) {
			return false
		}
		for name, v := range a {
			w, has := other[name]
			if !has || !compareJSON(v, w, leaf) {
				return false
			}
		}
		return true
	case []any:
		other, is := b.([]any)
		return is && slices.EqualFunc(a, other, func(v, w any) bool { return compareJSON(v, w, leaf) })
	}
	return leaf(a, b)
}
