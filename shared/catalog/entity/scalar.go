package entity

import "encoding/json"

// ScalarText writes numbers and booleans as JavaScript's String() does.
func ScalarText(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(body)
}
