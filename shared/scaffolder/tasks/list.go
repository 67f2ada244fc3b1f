package tasks

// Query asks for a page of tasks.
type Query struct {
	CreatedBy []string // refs; none for all
	Status    []Status // none for all
	Offset    int
	Limit     int    // the most tasks; below 0 for as many as a page may have
	Order     string // "created_at", "status" or "created_by"; "" for created_at
	Ascending bool
}

// Page is a page of tasks.
type Page struct {
	Tasks []*Task `json:"tasks"`
	Total int     `json:"totalTasks"` // of all pages
}
