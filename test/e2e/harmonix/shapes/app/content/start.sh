#!/bin/sh
echo "{% if values.appPort %}${{ values.appPort }}{% endif %}"
