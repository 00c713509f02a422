# Read by the flask command: which application it serves.
FLASK_APP=app.factory:create_app
