// Package form owns what a user may submit for a software template: it validates form
// values against the JSON Schema of the template's pages, fills in defaults, and names
// everything that is wrong at once, in words for the person in front of the form.
//
// Schemas are read as draft-07, whatever they say, because that is what Backstage's
// frontend does; keys such as ui:field are ignored. Nothing is ever fetched: a $ref must
// stay within its page. What the keywords mean is owned by draft07, the words for it are here.
// It does not render templates or look up entities.
//
// Flow: template.Pages → New (schemas compiled once) → Validate for each submission.
package form
