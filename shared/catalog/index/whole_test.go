package index_test

import "github.com/slipwayhq/slipway/shared/catalog/index"

// whole gives a document as it is shown, and what is wrong with it if it can't be.
func whole(d index.Document) string {
	body, err := d.AppendJSON(nil)
	if err != nil {
		return err.Error()
	}
	return string(body)
}
