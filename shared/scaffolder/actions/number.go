package actions

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// number is a number of something in an input, which may be written as a text.
type number string

// UnmarshalJSON takes a number or a text.
func (n *number) UnmarshalJSON(raw []byte) error {
	var p projectName
	if err := p.UnmarshalJSON(raw); err != nil {
		return &json.UnmarshalTypeError{Value: "something else", Type: reflect.TypeFor[number]()}
	}
	*n = number(p)
	return nil
}

// checked gives the number if it is a whole one, of 18 digits at most.
func (n number) checked(c Call, what string) (string, error) {
	text := string(n)
	if !c.unforeseen(text) && (text == "" || len(text) > 18 || strings.Trim(text, "0123456789") != "") {
		return "", notANumber(what)
	}
	return text, nil
}

// numbers gives numbers that are known.
func numbers(list []number, what string) ([]int64, error) {
	out := []int64{}
	for _, n := range list {
		id, err := strconv.ParseInt(string(n), 10, 64)
		if err != nil || id <= 0 {
			return nil, notANumber(what)
		}
		out = append(out, id)
	}
	return out, nil
}

func notANumber(what string) error {
	return errs.New(errs.Invalid, what+" is a number that GitLab has given")
}
