package searchapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/catalog/search"
	"github.com/slipwayhq/slipway/shared/httpapi"
)

// Searcher finds the documents of the catalog.
type Searcher interface {
	Search(ctx context.Context, q search.Query) (search.Page, error)
	// Tags gives what stands around the words that matched.
	Tags() search.Tags
}

// Handle registers Backstage's search below /api/search
// (@backstage/plugin-search-backend 2.1).
func Handle(rt *httpapi.Router, s Searcher) {
	rt.Handle("GET /api/search/query", searchHandler{s}.query)
}

type searchHandler struct{ s Searcher }

// searchAnswer is Backstage's SearchResultSet.
type searchAnswer struct {
	NumberOfResults    int            `json:"numberOfResults"`
	NextPageCursor     string         `json:"nextPageCursor,omitempty"`
	PreviousPageCursor string         `json:"previousPageCursor,omitempty"`
	Results            []searchResult `json:"results"`
}

type searchResult struct {
	Type      string          `json:"type"`
	Document  search.Document `json:"document"`
	Rank      int             `json:"rank"`
	Highlight searchHighlight `json:"highlight"`
}

type searchHighlight struct {
	PreTag  string            `json:"preTag"`
	PostTag string            `json:"postTag"`
	Fields  map[string]string `json:"fields"`
}

func (h searchHandler) query(w http.ResponseWriter, r *http.Request) error {
	q, err := readSearch(r.URL.RawQuery)
	if err != nil {
		return err
	}
	page, err := h.s.Search(r.Context(), q)
	if err != nil {
		return err
	}
	tags := h.s.Tags()
	out := searchAnswer{NumberOfResults: page.Total, NextPageCursor: page.Next, PreviousPageCursor: page.Previous, Results: make([]searchResult, len(page.Results))}
	for i, found := range page.Results {
		out.Results[i] = searchResult{
			Type: search.TypeCatalog, Document: found.Document, Rank: found.Rank,
			Highlight: searchHighlight{PreTag: tags.Pre, PostTag: tags.Post, Fields: found.Highlight},
		}
	}
	return httpapi.WriteJSON(w, http.StatusOK, out)
}
