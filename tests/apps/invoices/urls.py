"""URL configuration of the invoices app."""

from django.urls import path

from apps.invoices import views

urlpatterns = [
    path("invoices/", views.InvoiceListView.as_view(), name="invoice-list"),
    path("invoices/<uuid:pk>/", views.InvoiceView.as_view(), name="invoice-detail"),
    path(
        "invoices/<uuid:pk>/receipts/", views.ReceiptView.as_view(), name="receipt-list"
    ),
]
