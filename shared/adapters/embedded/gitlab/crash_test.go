package gitlab_test

func child() {}
