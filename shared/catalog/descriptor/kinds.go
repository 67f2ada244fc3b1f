package descriptor

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// ParseKinds reads the kinds that a platform declares besides the built-in ones: one YAML or
// JSON document with the list "kinds". Nothing declared gives the built-in ones.
func ParseKinds(data []byte) (*entity.Kinds, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return entity.Builtin(), nil
	}
	if len(data) > MaxFileBytes {
		return nil, errs.New(errs.TooLarge, "the declaration of kinds is too long")
	}
	v, _, err := fromYAML(string(data))
	if err != nil {
		return nil, errs.New(errs.Invalid, "the declaration of kinds: "+err.Error())
	}
	body, err := entity.Canonical(v)
	if err != nil {
		return nil, err
	}
	var declared struct {
		Kinds []entity.Kind `json:"kinds"`
	}
	into := json.NewDecoder(bytes.NewReader(body))
	into.DisallowUnknownFields()
	if err := into.Decode(&declared); err != nil {
		return nil, errs.New(errs.Invalid, "the declaration of kinds: "+errs.Clip(strings.TrimPrefix(err.Error(), "json: ")))
	}
	return entity.Builtin().With(declared.Kinds)
}
