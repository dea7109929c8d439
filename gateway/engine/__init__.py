"""The application: intake, the path of a document, the job loop, the desk."""
